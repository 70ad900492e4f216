//! What `ringside ring` and the spool tell, handed to the engine.

use ringside_domain::{CallEvent, Change, EndReason, Now, Timestamp, Trust};
use ringside_ipc::{
    ApiError,
    call::{ReportDto, ReportState},
};
use ringside_sources::Report;

use crate::app::{App, lock};

impl App {
    /// Reports an event; `told` is when it was told, if that was before now. Answers with its call, before any lookup.
    pub(crate) async fn report_at(&self, dto: ReportDto, told: Option<i64>) -> Result<Option<String>, ApiError> {
        let Some(event) = self.event(dto, told)? else {
            return Ok(None);
        };
        let call = self.inner.engine.report(event).await?;
        Ok(call.map(|id| id.to_string()))
    }

    fn event(&self, dto: ReportDto, told: Option<i64>) -> Result<Option<CallEvent>, ApiError> {
        if dto == ReportDto::default() {
            return Err(ApiError::invalid("from", "the report says nothing about a call")
                .hint("Give at least --from, --to or --call-id"));
        }
        let report = Report {
            from: dto.from,
            to: dto.to,
            name: dto.name,
            direction: dto.direction.map(Into::into),
            change: dto.state.map(|state| match state {
                ReportState::Ringing => Change::Ringing,
                ReportState::Answered => Change::Answered,
                ReportState::Held => Change::Held,
                // Of a call that was never answered, the engine makes a missed one.
                ReportState::Ended => Change::Ended(EndReason::Completed),
            }),
            call_id: dto.call_id,
        };
        // Any program of this user can say so: it pops a card, and logs nothing by itself.
        Ok(lock(&self.inner.reports).event(report, Trust::Unverified, self.at(told)))
    }

    /// Both clocks at an earlier moment of the wall clock.
    fn at(&self, told: Option<i64>) -> Now {
        let mut now = self.inner.ports.clock.now();
        if let Some(told) = told {
            let ago = now.wall.since(Timestamp(told));
            now.wall = Timestamp(told.min(now.wall.0));
            now.steady.0 = now.steady.0.saturating_sub(ago);
        }
        now
    }
}
