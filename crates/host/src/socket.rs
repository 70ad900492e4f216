//! The owner's socket: only this user can open it, and both ends check who is at the other.

use std::os::unix::fs::PermissionsExt;

use ringside_domain::{Error, Kind, Result};
use tokio::net::{UnixListener, UnixStream};

use crate::{
    folders::{Folders, private_folder},
    lock::ProfileLock,
};

/// Opens the socket of a profile that is owned already: what an owner that crashed left behind is taken away.
///
/// # Errors
/// [`Kind::Storage`] with the path, when the folder or the socket cannot be made.
pub fn listen(folders: &Folders, _owner: &ProfileLock) -> Result<UnixListener> {
    private_folder(&folders.runtime)?;
    let path = folders.socket();
    let failed = |error: std::io::Error| {
        Error::new(
            Kind::Storage,
            "open_socket",
            format!("the socket {} cannot be made", path.display()),
        )
        .because(error)
    };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// The owner of the profile, or `None` when there is none to talk to.
///
/// # Errors
/// [`Kind::Forbidden`] when somebody else's process answers there.
pub async fn connect(folders: &Folders) -> Result<Option<UnixStream>> {
    let Ok(stream) = UnixStream::connect(folders.socket()).await else {
        return Ok(None);
    };
    check_peer(&stream)?;
    Ok(Some(stream))
}

/// Refuses a peer that runs as another user.
pub fn check_peer(stream: &UnixStream) -> Result<()> {
    let peer = stream.peer_cred().map(|peer| peer.uid());
    match peer {
        Ok(user) if user == rustix::process::geteuid().as_raw() => Ok(()),
        Ok(_) => Err(Error::new(
            Kind::Forbidden,
            "check_peer",
            "a program of another user is at the other end",
        )),
        Err(error) => Err(Error::new(
            Kind::Forbidden,
            "check_peer",
            "the system does not say who is at the other end",
        )
        .because(error)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn owner_and_client_meet_even_after_a_crash() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "s".parse().unwrap()).unwrap();
        assert!(connect(&folders).await.unwrap().is_none(), "no owner yet");
        let lock = ProfileLock::take(&folders).unwrap().unwrap();
        // A socket file that nobody listens on, as a crash leaves it.
        drop(listen(&folders, &lock).unwrap());
        assert!(connect(&folders).await.unwrap().is_none());

        let listener = listen(&folders, &lock).unwrap();
        let mode = std::fs::metadata(folders.socket()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let client = connect(&folders).await.unwrap().unwrap();
        let (server, _) = listener.accept().await.unwrap();
        check_peer(&server).unwrap();
        check_peer(&client).unwrap();
    }
}
