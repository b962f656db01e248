"""封印: the journal sealed in blocks, so that a change to the past is found.

Owns the words block, chain, leaf, part, seal, salt, path, proof, publication and erasure.
"""
