//! Where windows stand, over restarts: the card's corner for each arrangement of screens, and the main window's place. A small file
//! of our own and no plugin: the card has a corner and no position, and the other windows nothing to keep.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ringside_app::{Folders, host::state};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager as _};

use crate::{
    Shell,
    place::{Area, Corner},
};

const NAME: &str = "windows";
/// Desk, sofa, meeting room, …: arrangements of screens that are remembered.
const ARRANGEMENTS: usize = 16;

/// Managed by the app.
#[derive(Debug)]
pub struct KeptPlaces(Mutex<Places>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Places {
    /// By arrangement, the newest last.
    corners: Vec<(String, Corner)>,
    main: Option<MainPlace>,
}

/// In logical pixels; the place before it was maximized.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MainPlace {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub maximized: bool,
}

impl KeptPlaces {
    pub fn read(folders: &Folders) -> Self {
        Self(Mutex::new(state::read(folders, NAME).unwrap_or_default()))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    /// The corner on these screens; on new ones that of the last ones.
    fn corner(&self, screens: &str) -> Corner {
        let known = self.corners.iter().find(|(known, _)| known == screens);
        known
            .or(self.corners.last())
            .map(|(_, corner)| *corner)
            .unwrap_or_default()
    }

    fn set_corner(&mut self, screens: String, corner: Corner) {
        self.corners.retain(|(known, _)| *known != screens);
        self.corners.push((screens, corner));
        let surplus = self.corners.len().saturating_sub(ARRANGEMENTS);
        self.corners.drain(..surplus);
    }
}

pub fn corner(app: &AppHandle) -> Corner {
    let screens = arrangement(app);
    app.state::<KeptPlaces>().places().corner(&screens)
}

pub fn set_corner(app: &AppHandle, corner: Corner) {
    let screens = arrangement(app);
    app.state::<KeptPlaces>().places().set_corner(screens, corner);
    save(app);
}

pub fn main(app: &AppHandle) -> Option<MainPlace> {
    app.state::<KeptPlaces>().places().main
}

/// Remembers it; [`save`] makes it last.
pub fn set_main(app: &AppHandle, change: impl FnOnce(Option<MainPlace>) -> Option<MainPlace>) {
    let kept = app.state::<KeptPlaces>();
    let mut places = kept.places();
    places.main = change(places.main);
}

/// Brings it to the disk, beside the windows.
pub fn save(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || save_now(&app));
}

/// The same, before the app ends.
pub fn save_now(app: &AppHandle) {
    let kept = app.state::<KeptPlaces>();
    // Held while it is written: of two at the same time the newer one is the last.
    let places = kept.places();
    if *places == Places::default() {
        return;
    }
    if let Err(error) = state::write(app.state::<Shell>().app.folders(), NAME, &*places) {
        tracing::warn!(%error, "where the windows stand is not kept");
    }
}

/// All screens, their sizes and where they are: an office desk is another arrangement than the laptop alone.
fn arrangement(app: &AppHandle) -> String {
    let screens = app.available_monitors().unwrap_or_default();
    let mut screens: Vec<String> = screens
        .iter()
        .map(|screen| {
            let (size, at) = (screen.size(), screen.position());
            format!(
                "{}x{}+{}+{}@{}",
                size.width,
                size.height,
                at.x,
                at.y,
                screen.scale_factor()
            )
        })
        .collect();
    screens.sort();
    screens.join(" ")
}

/// Whether enough of a window can be seen and taken hold of on one of the screens; all in the same pixels.
pub fn can_be_reached(window: Area, screens: &[Area]) -> bool {
    const WIDE: i64 = 120;
    const HIGH: i64 = 40;
    let span = |from: i32, length: u32| (i64::from(from), i64::from(from) + i64::from(length));
    let shared = |(a, b): (i64, i64), (c, d): (i64, i64)| b.min(d) - a.max(c);
    screens.iter().any(|screen| {
        let wide = shared(span(window.x, window.width), span(screen.x, screen.width));
        // Its upper edge, where one takes hold of it.
        let high = shared(span(window.y, HIGH as u32), span(screen.y, screen.height));
        wide >= WIDE && high >= HIGH
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arrangement_has_its_corner_and_a_new_one_the_last() {
        let mut places = Places::default();
        assert_eq!(places.corner("desk"), Corner::default());
        places.set_corner("desk".into(), Corner::BottomLeft);
        places.set_corner("laptop".into(), Corner::TopLeft);
        assert_eq!(places.corner("desk"), Corner::BottomLeft);
        assert_eq!(places.corner("hotel"), Corner::TopLeft);
        for at in 0..100 {
            places.set_corner(at.to_string(), Corner::BottomRight);
        }
        assert_eq!(places.corners.len(), ARRANGEMENTS);
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_missing_is_not_needed() {
        let mut places = Places::default();
        places.set_corner("desk".into(), Corner::BottomLeft);
        places.main = Some(MainPlace {
            x: 1.5,
            y: 2.0,
            width: 900.0,
            height: 700.0,
            maximized: true,
        });
        let text = serde_json::to_string(&places).expect("text");
        assert_eq!(serde_json::from_str::<Places>(&text).expect("places"), places);
        assert_eq!(serde_json::from_str::<Places>("{}").expect("places"), Places::default());
    }

    #[test]
    fn a_window_is_reached_where_its_upper_edge_is_in_sight() {
        let screen = Area {
            x: 0,
            y: 0,
            width: 1280,
            height: 800,
        };
        let at = |x, y| Area {
            x,
            y,
            width: 900,
            height: 600,
        };
        assert!(can_be_reached(at(100, 100), &[screen]) && can_be_reached(at(-700, 0), &[screen]));
        for lost in [
            at(-850, 0),
            at(0, -30),
            at(0, 790),
            at(1270, 100),
            at(i32::MAX, i32::MIN),
        ] {
            assert!(!can_be_reached(lost, &[screen]), "{lost:?}");
        }
        assert!(!can_be_reached(at(0, 0), &[]));
    }
}
