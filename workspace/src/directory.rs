//! Reading what exists: the [`View`] that the rules read through, and [`Directory`], the one held in memory.
//!
//! A control plane is small (thousands of resources) and every data call needs it to find its service, so the whole
//! of it fits in memory; a store behind it keeps one record a resource.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::kind::Kind;
use crate::resource::Resource;
use crate::{Error, ResourceId};

/// What the provisioning rules need to know about the resources that exist.
pub trait View {
    /// The resource of this id, compared without regard to case.
    ///
    /// # Errors
    /// Only what [`Error::view`] reports: the resources could not be read.
    fn resource(&self, id: &ResourceId) -> Result<Option<Arc<Resource>>, Error>;

    /// Resources below a scope (not the scope itself), at any depth, in the order of [`ResourceId::key`]: of one kind
    /// or of all, after a key if given, at most `limit`.
    ///
    /// # Errors
    /// Only what [`Error::view`] reports.
    fn below(
        &self,
        scope: &ResourceId,
        kind: Option<Kind>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<Resource>>, Error>;

    /// The workspace of this name. Names of workspaces are unique over all subscriptions, since URLs begin with them.
    ///
    /// # Errors
    /// Only what [`Error::view`] reports.
    fn workspace(&self, name: &str) -> Result<Option<Arc<Resource>>, Error>;
}

/// A change that a management request makes. All changes of one answer are one commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Store this resource, in place of the one of the same [`ResourceId::key`] if there is one.
    Put(Arc<Resource>),
    /// Remove the resource of this id and whatever data the service holds for it.
    Delete(ResourceId),
}

impl Change {
    /// The id of the resource that changes.
    #[must_use]
    pub fn id(&self) -> &ResourceId {
        match self {
            Self::Put(resource) => resource.id(),
            Self::Delete(id) => id,
        }
    }
}

/// All resources, in memory. Cloning is cheap enough to publish a new one after every change.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    resources: BTreeMap<Arc<str>, Arc<Resource>>,
    /// The key of each workspace by its name in lower case.
    workspaces: HashMap<String, Arc<str>>,
}

impl Directory {
    /// A directory of the given resources.
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut directory = Self::default();
        for resource in resources {
            directory.put(Arc::new(resource));
        }
        directory
    }

    /// A directory of the records of [`Resource::to_record`].
    ///
    /// # Errors
    /// `InvalidRecord` and the like for a record that cannot be read.
    pub fn from_records<R: AsRef<[u8]>>(records: impl IntoIterator<Item = R>) -> Result<Self, Error> {
        let mut directory = Self::default();
        for record in records {
            directory.put(Arc::new(Resource::from_record(record.as_ref())?));
        }
        Ok(directory)
    }

    /// Makes the changes of an answer, after they were committed.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Put(resource) => self.put(Arc::clone(resource)),
                Change::Delete(id) => self.delete(id),
            }
        }
    }

    /// Every resource, in the order of the keys.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The service that the URL `/{workspace}/{fhir|dicom|iot}/{name}` names.
    #[must_use]
    pub fn service(&self, workspace: &str, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        let workspace = self.workspaces.get(&workspace.to_lowercase())?;
        self.resources.get(format!("{workspace}/{}/{}", kind.segment(), name.to_lowercase()).as_str())
    }

    /// The service that the first label of a host name, `{workspace}-{service}`, names.
    #[must_use]
    pub fn service_of_host(&self, label: &str, kind: Kind) -> Option<&Arc<Resource>> {
        label.match_indices('-').find_map(|(index, _)| {
            let (workspace, service) = label.split_at(index);
            self.service(workspace, kind, service.trim_start_matches('-'))
                .filter(|found| index + 1 + found.name().len() == label.len())
        })
    }

    fn put(&mut self, resource: Arc<Resource>) {
        let key: Arc<str> = Arc::from(resource.id().key());
        if resource.kind() == Kind::Workspace {
            self.workspaces.insert(resource.name().to_lowercase(), Arc::clone(&key));
        }
        self.resources.insert(key, resource);
    }

    fn delete(&mut self, id: &ResourceId) {
        if let Some(resource) = self.resources.remove(id.key())
            && resource.kind() == Kind::Workspace
        {
            self.workspaces.remove(&resource.name().to_lowercase());
        }
    }
}

impl View for Directory {
    fn resource(&self, id: &ResourceId) -> Result<Option<Arc<Resource>>, Error> {
        Ok(self.resources.get(id.key()).map(Arc::clone))
    }

    fn below(
        &self,
        scope: &ResourceId,
        kind: Option<Kind>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<Resource>>, Error> {
        let prefix = if scope.is_root() { "/".to_owned() } else { format!("{}/", scope.key()) };
        let from = after.filter(|after| *after >= prefix.as_str()).unwrap_or(&prefix);
        Ok(self
            .resources
            .range::<str, _>((Bound::Excluded(from), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter(|(_, resource)| kind.is_none_or(|kind| resource.kind() == kind))
            .take(limit)
            .map(|(_, resource)| Arc::clone(resource))
            .collect())
    }

    fn workspace(&self, name: &str) -> Result<Option<Arc<Resource>>, Error> {
        Ok(self.workspaces.get(&name.to_lowercase()).and_then(|key| self.resources.get(key)).map(Arc::clone))
    }
}
