"""How complete, right, unshared and fresh what the tenant holds on its customers is."""
