"""What a deployment keeps secret, opened as its settings say: the keys of tokens, and the vault.

It stands apart from the app, which commands that need no more than a key would else wait for.
"""

from access.vault import Vault, create_vault_key_file, open_vault
from api.key_file import Keys, create_key_file
from core.settings import Settings, SettingsError


def open_keys(settings: Settings) -> Keys:
    """The keys of the deployment. Only demo and test make them up when the file is not there."""
    if settings.environment != "production":
        create_key_file(settings.keys_file)
    return Keys(settings.issuer, settings.keys_file)


def open_vault_of(settings: Settings) -> Vault:
    """The vault of the deployment. Only demo and test make its key up when it is not there.

    Raises SettingsError where none is named, BadVaultKeyError and OSError where it cannot be read.
    """
    path = settings.vault_key_file
    if path is None:
        raise SettingsError(
            "MEGURI_VAULT_KEY_FILE must be set (in production no secret has a default)"
        )
    if settings.environment != "production":
        create_vault_key_file(path)
    return open_vault(path)
