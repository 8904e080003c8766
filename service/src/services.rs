//! The services of all workspaces: which there are (the hierarchy, kept in a store of its own) and which are open.

#[cfg(feature = "dicom")]
use crate::dicom::DicomService;
use crate::error::{Error, ErrorKind};
#[cfg(feature = "fhir")]
use crate::fhir::{FhirService, Settings};
#[cfg(feature = "iomt")]
use crate::iomt::Connector;
use crate::storage::Storage;
#[cfg(feature = "fhir")]
use hygea_fhir_model::schema::Version;
use hygea_store::{Batch, Key, Plan, Query, Store, StoreName, Write};
use hygea_workspace::access::Policy;
use hygea_workspace::{Change, Directory, Kind, Resource, ResourceId, View};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The kind of the documents in the store of the hierarchy.
const RECORD: &str = "Resource";

/// The resources that there are, and the access that they give.
#[derive(Debug)]
pub(crate) struct Hierarchy {
    pub(crate) directory: Directory,
    pub(crate) policy: Policy,
}

impl Hierarchy {
    fn of(directory: Directory) -> Self {
        let policy = Policy::new(directory.resources().map(|resource| &**resource));
        Self { directory, policy }
    }
}

/// The hierarchy and the open services.
pub(crate) struct Services {
    storage: Arc<dyn Storage>,
    /// The store of the hierarchy.
    records: Arc<dyn Store>,
    hierarchy: RwLock<Arc<Hierarchy>>,
    /// Open services by the key of their resource.
    opened: RwLock<HashMap<String, (ResourceId, Opened)>>,
    /// One change of the hierarchy at a time: rules are checked against the state that the change will meet.
    changing: Mutex<()>,
}

/// A service that is ready to answer.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    #[cfg(feature = "fhir")]
    Fhir(Arc<FhirService>),
    #[cfg(feature = "dicom")]
    Dicom(Arc<DicomService>),
    #[cfg(feature = "iomt")]
    Connector(Arc<Connector>),
}

impl Services {
    /// Reads the hierarchy.
    pub(crate) fn open(storage: Arc<dyn Storage>) -> Result<Self, Error> {
        let records = storage.stores().open(&StoreName::parse("workspace")?)?;
        let hierarchy = Arc::new(Hierarchy::of(read_directory(&*records)?));
        Ok(Self {
            storage,
            records,
            hierarchy: RwLock::new(hierarchy),
            opened: RwLock::default(),
            changing: Mutex::default(),
        })
    }

    /// The hierarchy as it is now.
    pub(crate) fn hierarchy(&self) -> Arc<Hierarchy> {
        Arc::clone(&self.hierarchy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Decides on a change with the hierarchy held still, and makes it: one commit, then the services that it concerns.
    pub(crate) fn change<T>(
        &self,
        now: i64,
        audit: impl FnOnce(&T) -> Option<Vec<u8>>,
        decide: impl FnOnce(&Hierarchy) -> Result<(T, Vec<Change>), Error>,
    ) -> Result<T, Error> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.hierarchy();
        let (answer, changes) = decide(&before)?;
        let mut batch = Batch::at(now);
        batch.audit.extend(audit(&answer));
        for change in &changes {
            let key = Key::new(RECORD, change.id().key());
            match change {
                Change::Put(resource) => {
                    if resource_of(&before, change.id()).is_none() {
                        // A service of this name may have been deleted before its data was: it must not come back.
                        self.forget(resource)?;
                    }
                    batch.writes.push(Write::put(key, resource.to_record().into_bytes(), Vec::new()));
                }
                Change::Delete(_) => batch.writes.push(Write::delete(key)),
            }
        }
        if !batch.writes.is_empty() || !batch.audit.is_empty() {
            self.records.commit(batch)?;
        }
        if !changes.is_empty() {
            let mut after = before.directory.clone();
            after.apply(&changes);
            *self.hierarchy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Hierarchy::of(after));
            let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
            // A changed setting takes effect when the service is opened again, at its next request.
            opened.retain(|_, (id, _)| !changes.iter().any(|change| concerns(change.id(), id)));
        }
        for change in &changes {
            if let Change::Delete(id) = change
                && let Some(resource) = resource_of(&before, id)
            {
                self.forget(&resource)?;
            }
        }
        Ok(answer)
    }

    /// The service of an address, opened on first use, and the id of its resource.
    pub(crate) fn find(
        &self,
        workspace: &str,
        kind: Kind,
        name: &str,
    ) -> Result<(ResourceId, Opened), Error> {
        let unknown = || Error::new(ErrorKind::NotFound, "there is no service of this name in the workspace");
        let hierarchy = self.hierarchy();
        let resource = hierarchy.directory.service(workspace, kind, name).ok_or_else(unknown)?;
        let key = resource.id().key();
        if let Some(found) = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(found.clone());
        }
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = opened.get(key) {
            return Ok(found.clone());
        }
        let service = (resource.id().clone(), self.open_service(resource)?);
        opened.insert(key.to_owned(), service.clone());
        Ok(service)
    }

    fn open_service(&self, resource: &Resource) -> Result<Opened, Error> {
        let name = store_name(resource)?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the resource is no service"))?;
        let store = self.storage.stores().open(&name)?;
        match resource.kind() {
            #[cfg(feature = "fhir")]
            Kind::FhirService => {
                let version = fhir_version(resource.variant())?;
                Ok(Opened::Fhir(Arc::new(FhirService::new(version, store, Settings::default())?)))
            }
            #[cfg(feature = "dicom")]
            Kind::DicomService => {
                let blobs = self.storage.blobs(&name)?;
                Ok(Opened::Dicom(Arc::new(DicomService::new(store, blobs))))
            }
            #[cfg(feature = "iomt")]
            Kind::IotConnector => {
                let below =
                    self.hierarchy().directory.below(resource.id(), Some(Kind::FhirDestination), None, 1)?;
                let connector = Connector::new(resource, below.first().map(|found| &**found), store)?;
                Ok(Opened::Connector(Arc::new(connector)))
            }
            _ => Err(Error::new(ErrorKind::NotFound, "this build does not hold this kind of service")),
        }
    }

    /// Removes the data of a service, if the resource is one.
    fn forget(&self, resource: &Resource) -> Result<(), Error> {
        match store_name(resource)? {
            Some(name) => Ok(self.storage.remove(&name)?),
            None => Ok(()),
        }
    }

    /// Appends an audit record of a call that changed nothing.
    pub(crate) fn note(&self, record: Vec<u8>) -> Result<(), Error> {
        Ok(self.records.note(record)?)
    }

    /// Closes all stores.
    pub(crate) fn close(&self) -> Result<(), Error> {
        let stores = self.storage.stores();
        for name in stores.list()? {
            stores.open(&name)?.close()?;
        }
        Ok(())
    }
}

/// Whether a change of one resource concerns an open service: its own, and for a connector that of its destinations.
fn concerns(changed: &ResourceId, service: &ResourceId) -> bool {
    changed.is_within(service)
}

/// The name of the store that holds the data of a service: `demo/fhir/r4`.
fn store_name(resource: &Resource) -> Result<Option<StoreName>, Error> {
    let kind = match resource.kind() {
        Kind::FhirService => "fhir",
        Kind::DicomService => "dicom",
        Kind::IotConnector => "iot",
        _ => return Ok(None),
    };
    let Some(workspace) = resource.id().enclosing(Kind::Workspace) else { return Ok(None) };
    let name = format!("{}/{kind}/{}", workspace.name().to_lowercase(), resource.name().to_lowercase());
    Ok(Some(StoreName::parse(&name)?))
}

/// The version that the kind of a FHIR service names.
#[cfg(feature = "fhir")]
fn fhir_version(kind: Option<&str>) -> Result<Version, Error> {
    match kind.unwrap_or("fhir-R4") {
        "fhir-Dstu2" => Ok(Version::Dstu2),
        "fhir-Stu3" => Ok(Version::Stu3),
        "fhir-R4" => Ok(Version::R4),
        "fhir-R4B" => Ok(Version::R4B),
        "fhir-R5" => Ok(Version::R5),
        _ => Err(Error::new(ErrorKind::Unprocessable, "the service has no known version of FHIR")),
    }
}

fn resource_of(hierarchy: &Hierarchy, id: &ResourceId) -> Option<Arc<Resource>> {
    hierarchy.directory.resource(id).ok().flatten()
}

fn read_directory(records: &dyn Store) -> Result<Directory, Error> {
    let snapshot = records.snapshot()?;
    let mut bodies = Vec::new();
    let mut after = None;
    loop {
        let page = snapshot.search(&Query::new(RECORD, Plan::All).limit(1000).after(after))?;
        bodies.extend(page.rows.into_iter().map(|stored| stored.body));
        after = page.next;
        if after.is_none() {
            return Ok(Directory::from_records(bodies)?);
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Services")
            .field("storage", &self.storage)
            .field("opened", &opened)
            .finish_non_exhaustive()
    }
}
