"""What requests are about most, and complaints by the thousand customers."""
