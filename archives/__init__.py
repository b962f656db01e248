"""書庫: a whole region in one file, to be moved to another deployment.

Owns the words archive, export, import and manifest.
"""
