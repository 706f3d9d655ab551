"""Gates and waivers: what is let through."""
