//! What is remembered of calls that may come to us.

use std::collections::VecDeque;

/// Some hundred queues' worth.
const MOST: usize = 512;

/// A short memory: the oldest goes first.
#[derive(Debug)]
pub(super) struct Remembered<T>(VecDeque<(String, T)>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Remembered<T> {
    pub fn get(&self, id: &str) -> Option<&T> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known == id)
            .map(|(_, value)| value)
    }

    pub fn put(&mut self, id: &str, value: T) {
        self.forget(id);
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((id.to_owned(), value));
    }

    pub fn forget(&mut self, id: &str) {
        self.0.retain(|(known, _)| known != id);
    }
}

impl<T: Default> Remembered<T> {
    pub fn entry(&mut self, id: &str) -> &mut T {
        let place = match self.0.iter().position(|(known, _)| known == id) {
            Some(place) => place,
            None => {
                self.put(id, T::default());
                self.0.len() - 1
            }
        };
        &mut self.0[place].1
    }
}
