//! A request on its way. One that nobody waits for any more leaves a trace, too: it cost the CRM all the same.

use ringside_domain::trace;
use tokio::time::Instant;

use crate::manifest::send::Exit;

pub(super) struct Unanswered<'a> {
    pub exit: &'a Exit,
    pub request: &'a str,
    pub forms: &'a [String],
    pub began: Instant,
    pub sent: bool,
    pub over: bool,
}

impl Unanswered<'_> {
    pub fn ends(&mut self, answer: trace::Answer) {
        self.over = true;
        self.exit
            .trace(self.request.to_owned(), self.forms.to_vec(), self.began, answer);
    }

    pub fn skipped(&mut self, reason: &str) {
        self.ends(trace::Answer::Skipped {
            reason: reason.to_owned(),
        });
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        match (self.over, self.sent) {
            (true, _) => {}
            (false, true) => self.skipped("sent, and its answer was not waited for"),
            (false, false) => self.skipped("not sent: nobody needed it any more"),
        }
    }
}
