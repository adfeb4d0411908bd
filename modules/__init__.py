"""One folder per CRM module. A new folder is a new module; nothing lists them."""
