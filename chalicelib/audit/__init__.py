"""What is noted for the audit beside events: sign-ins, denials, looks at what could not be searched for."""
