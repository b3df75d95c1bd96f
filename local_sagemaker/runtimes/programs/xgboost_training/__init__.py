"""The program ``train`` of SageMaker's XGBoost images: script mode, or the built-in algorithm.

Without a script (``sagemaker_program``) it trains by the hyperparameters, as the images' algorithm
mode does: channels ``train`` and ``validation``, a line of metrics a round, and the model in
``/opt/ml/model/xgboost-model``. Messages are the image's. One instance only. Needs XGBoost, numpy
and pandas.
"""
