//! How a server's certificate is verified, and how a client shows its own.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Certificates besides those that the system trusts, for a private authority or a client certificate.
#[derive(Clone, Default)]
pub struct Tls {
    authorities: Vec<u8>,
    identity: Option<Vec<u8>>,
}

impl Tls {
    /// What the system trusts, and nothing else.
    pub fn new() -> Self {
        Tls::default()
    }

    /// Trusts these certificates, too, in PEM.
    #[must_use]
    pub fn authorities(mut self, pem: &[u8]) -> Self {
        self.authorities.extend_from_slice(pem);
        self
    }

    /// Shows this certificate to the server: the chain and its private key, in PEM.
    #[must_use]
    pub fn identity(mut self, pem: &[u8]) -> Self {
        self.identity = Some(pem.to_vec());
        self
    }

    /// What connections are made with. A client that needs no TLS doesn't read what the system trusts.
    pub(crate) fn config(&self, needed: bool) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        if !needed {
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        }
        let verifier = Verifier::new_with_extra_roots(certificates(&self.authorities)?, provider);
        let verifier = verifier.map_err(|error| format!("certificates of authorities: {error}"))?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let Some(identity) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let key = PrivateKeyDer::from_pem_slice(identity).map_err(|error| format!("the client's key: {error}"))?;
        let chain = certificates(identity)?;
        builder.with_client_auth_cert(chain, key).map_err(|error| format!("the client's certificate: {error}"))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| format!("certificates: {error}"))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
