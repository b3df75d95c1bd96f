"""The HTTP face: requests of AWS clients, checked, answered and recorded."""
