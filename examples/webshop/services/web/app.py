"""The shop's pages."""

import os

import requests
from flask import Flask, render_template_string

app = Flask(__name__)
CART = os.environ.get("CART_URL", "http://cart:8080")

PAGE = "<h1>Shop</h1><ul>{% for name, n in items.items() %}<li>{{ name }}: {{ n }}</li>{% endfor %}</ul>"


@app.get("/")
def index() -> str:
    """Show the cart."""
    items = requests.get(f"{CART}/cart", params={"id": "demo", "item": "tea"}, timeout=2).json()
    return render_template_string(PAGE, items=items)
