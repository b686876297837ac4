from django.apps import AppConfig


class ApiKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = "Keys and tokens"

    def ready(self) -> None:
        from apikeys.api import schema  # noqa: F401, PLC0415 -- registers how OpenAPI describes our credentials
