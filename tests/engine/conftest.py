from engine.fixtures import any_engine, engine, lambda_image

__all__ = ["any_engine", "engine", "lambda_image"]
