//! Profiles, paths, secrets.
