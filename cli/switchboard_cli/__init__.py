"""The command line of Switchboard: tenants, modules, features, keys, usage, audit and jobs, over the HTTPS API."""
