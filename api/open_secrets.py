"""The keys of tokens, opened as the settings say.

It stands apart from the app, which commands that need no more than a key would else wait for.
"""

from api.key_file import Keys, create_key_file
from core.settings import Settings


def open_keys(settings: Settings) -> Keys:
    """The keys of the deployment. Only demo and test make them up when the file is not there."""
    if settings.environment != "production":
        create_key_file(settings.keys_file)
    return Keys(settings.issuer, settings.keys_file)
