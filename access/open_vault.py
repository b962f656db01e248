"""The vault of a deployment, opened as its settings say."""

from access.vault import Vault, create_vault_key_file, open_vault
from core.settings import Settings, SettingsError


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
