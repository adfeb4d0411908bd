"""What an invited person does with the link: take a first API key, bind a sign-in."""
