//! TLS: rustls with ring, trusting what the operating system trusts and, if given, the person's own CA.

use std::{fs::File, io::Read, path::Path, sync::Arc};

use ringside_domain::{Error, Kind, Result};
use rustls::{
    ClientConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

const OPERATION: &str = "start_tls";

/// Larger than any company's bundle; a larger file is another file.
const MAX_FILE: u64 = 1 << 20;

/// For what speaks TLS without HTTP: chains and names are checked against the system's certificates and those in this
/// PEM or DER file. Reads the disk.
///
/// # Errors
/// - [`Kind::Invalid`], field `extra_ca`: the file can't be read or holds no certificate.
/// - [`Kind::Storage`]: this system has no list of certificates, and no extra one is given.
pub fn client_tls(extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>> {
    config(extra_ca).map(Arc::new)
}

/// The same for HTTP/1.1.
pub(super) fn http_config(extra_ca: Option<&Path>) -> Result<ClientConfig> {
    let mut config = config(extra_ca)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn config(extra_ca: Option<&Path>) -> Result<ClientConfig> {
    let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    let broken =
        |error: rustls::Error| Error::new(Kind::Internal, OPERATION, "TLS could not be started").because(error);
    let verifier = match extra_ca {
        Some(file) => {
            let extra = certificates(file)?;
            Verifier::new_with_extra_roots(extra, provider.clone()).map_err(|error| not_a_ca(file).because(error))?
        }
        None => Verifier::new(provider.clone()).map_err(no_roots)?,
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(MAX_FILE + 1).read_to_end(&mut bytes));
    opened.map_err(|error| {
        Error::new(
            Kind::Invalid,
            OPERATION,
            format!("The certificate file {} can't be read", file.display()),
        )
        .hint("Check the path in the settings")
        .field("extra_ca")
        .because(error)
    })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(not_a_ca(file));
    }
    let found: Vec<_> = match bytes.first() {
        // DER begins with a SEQUENCE; no text does.
        Some(0x30) => vec![CertificateDer::from(bytes)],
        _ => CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|error| not_a_ca(file).because(error))?,
    };
    if found.is_empty() {
        Err(not_a_ca(file))
    } else {
        Ok(found)
    }
}

fn not_a_ca(file: &Path) -> Error {
    Error::new(
        Kind::Invalid,
        OPERATION,
        format!("The file {} holds no certificate that can be used", file.display()),
    )
    .hint("Give the certificate of the CA that signed your server's, as PEM or DER, without a key")
    .field("extra_ca")
}

fn no_roots(error: rustls::Error) -> Error {
    Error::new(
        Kind::Storage,
        OPERATION,
        "This computer has no list of trusted certificates",
    )
    .hint("Install the package ca-certificates, or name a certificate file in the settings")
    .because(error)
}
