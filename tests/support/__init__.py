"""What the tests share and the product never imports."""
