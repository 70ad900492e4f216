//! Beginning and refreshing: what is asked for, and what the answer means for the run.

use std::pin::pin;

use ringside_domain::{Error, Result, Stop};
use tokio::sync::mpsc;

use super::{
    Over, Run,
    held::{Ears, Subscription},
    verdict::{self, Verdict, Wait},
};
use crate::sip::{
    line::{Answer, Ask, Incoming, SipLine, Subscribe},
    resolve::Target,
    settings::Transport,
};

/// Seconds that are wished for over TCP and TLS. Long enough to cost nothing, short enough that a server drops a watcher that
/// crashed within ten minutes; that the server itself is gone shows at once on a connection.
const WISH: u32 = 600;
/// Over UDP only a refresh shows that the server was restarted and forgot us.
const WISH_UDP: u32 = 60;
/// A server that wants more than a day between two refreshes is not asked for more.
const LONGEST_WISH: u32 = 86_400;
/// One request, and one more with the time that the server wants instead. A server that then wants yet another would keep us
/// asking for ever.
const TRIES: usize = 2;

impl Run<'_> {
    pub(super) async fn begin(&mut self, target: Target) -> Result<Subscription, Over> {
        let opened = self.watch.dialer.open(target).await;
        let (mut line, mut incoming) = opened.map_err(|error| self.over(error))?;
        self.watch.tracker.subscribed();
        let mut ears = Ears::default();
        for _ in 0..TRIES {
            let wish = self.wish();
            let answer = self.ask(&mut *line, &mut incoming, &mut ears, Ask::Begin, wish).await;
            if let Some(Over::Again { why: Some(error), .. }) = ears.over.take_if(|_| answer.is_err()) {
                // The connection broke, and this says how.
                return Err(self.over(error));
            }
            let answer = answer.map_err(|error| self.over(error))?;
            match verdict::of(&answer, Ask::Begin, &self.watch.server) {
                Verdict::Accepted => {
                    let granted = answer.expires.unwrap_or(wish).min(wish);
                    if granted == 0 {
                        return Err(Over::Again {
                            why: Some(verdict::unasked_end(&self.watch.server)),
                            wait: Wait::Back,
                        });
                    }
                    ears.pending |= answer.code == 202 && ears.last.is_none();
                    self.worked = true;
                    let now = self.watch.clock.now().steady;
                    let mut subscription = Subscription {
                        line,
                        incoming,
                        ears,
                        since: now,
                        refresh_at: now,
                        check_at: now,
                        over_at: now,
                    };
                    let told = subscription.ears.expires.take();
                    subscription.holds(now, told.map_or(granted, |told| told.min(granted)), &self.pace);
                    self.ready(&subscription.ears);
                    return Ok(subscription);
                }
                Verdict::Longer(least) if least > wish && least <= LONGEST_WISH => self.least = least,
                Verdict::Longer(_) => return Err(self.over(verdict::strange(423, &self.watch.server))),
                Verdict::Again { why, wait } => return Err(Over::Again { why: Some(why), wait }),
                Verdict::Never(error) => return Err(self.over(error)),
            }
        }
        Err(self.over(verdict::strange(423, &self.watch.server)))
    }

    pub(super) async fn refresh(&mut self, subscription: &mut Subscription, stop: &Stop) -> Option<Over> {
        for _ in 0..TRIES {
            let wish = self.wish();
            let asked = tokio::select! {
                biased;
                () = stop.clone() => return Some(Over::Stopped),
                asked = self.ask(
                    &mut *subscription.line,
                    &mut subscription.incoming,
                    &mut subscription.ears,
                    Ask::Refresh,
                    wish,
                ) => asked,
            };
            if let Some(over) = subscription.ears.over.take() {
                return Some(over);
            }
            let answer = match asked {
                Ok(answer) => answer,
                // Nobody answers any more: it may be there again already.
                Err(error) => {
                    return Some(match self.over(error) {
                        Over::Again { why, .. } => Over::Again { why, wait: Wait::Now },
                        over => over,
                    });
                }
            };
            let now = self.watch.clock.now().steady;
            match verdict::of(&answer, Ask::Refresh, &self.watch.server) {
                Verdict::Accepted => {
                    let granted = answer.expires.unwrap_or(wish).min(wish);
                    subscription.ears.expires = None;
                    subscription.holds(now, granted, &self.pace);
                    self.ready(&subscription.ears);
                    return None;
                }
                Verdict::Longer(least) if least > wish && least <= LONGEST_WISH => self.least = least,
                // The subscription still holds.
                Verdict::Again {
                    wait: wait @ (Wait::Back | Wait::After(_)),
                    ..
                } if subscription.has_time(now) => {
                    subscription.put_off(now, wait, &self.pace);
                    return None;
                }
                Verdict::Again { why, wait } => return Some(Over::Again { why: Some(why), wait }),
                Verdict::Longer(_) => return Some(self.over(verdict::strange(423, &self.watch.server))),
                Verdict::Never(error) => return Some(self.over(error)),
            }
        }
        Some(self.over(verdict::strange(423, &self.watch.server)))
    }

    /// One request; what the server tells meanwhile is heard, it may come before the answer.
    async fn ask(
        &mut self,
        line: &mut dyn SipLine,
        incoming: &mut mpsc::Receiver<Incoming>,
        ears: &mut Ears,
        ask: Ask,
        expires: u32,
    ) -> Result<Answer> {
        let mut asked = pin!(line.request(Subscribe { ask, expires }));
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                heard = incoming.recv(), if open => {
                    open = matches!(heard, Some(Incoming::Notify(_)));
                    self.hear(heard, ears);
                }
                answer = &mut asked => return answer,
            }
        }
    }

    fn wish(&self) -> u32 {
        let usual = if self.transport == Transport::Udp {
            WISH_UDP
        } else {
            WISH
        };
        usual.max(self.least)
    }

    /// What an error means for the run: what only a person can change ends it, but not when it worked before, in this run or
    /// an earlier one. A server that starts may know nobody yet, an expired certificate gets renewed, and behind a hotel's
    /// sign-in page everybody has the wrong certificate. Only a wrong password is not tried again: that locks accounts.
    pub(super) fn over(&self, error: Error) -> Over {
        match verdict::of_error(&error) {
            None => Over::Again {
                why: Some(error),
                wait: Wait::Back,
            },
            Some(verdict::Person::MustHelp) => Over::Never(error),
            Some(verdict::Person::MayHelp) if self.worked || self.watch.kept => Over::Again {
                why: Some(error),
                wait: Wait::Slow,
            },
            Some(verdict::Person::MayHelp) => Over::Never(error),
        }
    }
}
