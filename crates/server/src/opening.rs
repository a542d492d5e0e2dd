//! From a data folder to a registry.

use std::{path::PathBuf, sync::Arc};

use registry::{Registry, SqliteStore};

use crate::{cli::Place, clock, data_dir::DataDir, failure::Failure, master_key_file, randomness};

/// Opens the registry; on an empty or missing data folder makes a new one.
pub(crate) async fn registry_or_new(place: &Place) -> Result<Registry, Failure> {
    open(place, &DataDir::create(&place.data_dir)?).await
}

/// Opens the registry of a server that was started before.
pub(crate) async fn registry(place: &Place) -> Result<Registry, Failure> {
    open(place, &DataDir::in_use(&place.data_dir)?).await
}

async fn open(place: &Place, data_dir: &DataDir) -> Result<Registry, Failure> {
    let mut rng = randomness::rng();
    let key_file = master_key_path(place, data_dir);
    let master = master_key_file::read_or_make(&key_file, data_dir.holds_database(), &mut rng)?;
    let store = SqliteStore::open(data_dir.database())?;
    Ok(Registry::open(Arc::new(store), master, clock::now(), &mut rng).await?)
}

fn master_key_path(place: &Place, data_dir: &DataDir) -> PathBuf {
    place.master_key_file.clone().unwrap_or_else(|| data_dir.default_master_key())
}
