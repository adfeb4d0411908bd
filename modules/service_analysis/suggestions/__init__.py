"""Finding articles: by what somebody asks for, and by what a customer has just said."""
