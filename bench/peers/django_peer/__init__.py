"""The same save in Django and Django REST framework, set up as their guides advise."""
