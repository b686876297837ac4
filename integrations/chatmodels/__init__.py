"""Chat models: one interface, one small module for each kind of provider."""
