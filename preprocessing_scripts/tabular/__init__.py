"""Tables of any size into model-ready channels: streamed, in bounded memory, as scikit-learn would.

``engine.run`` does the whole job that a ``spec.Spec`` describes.
"""
