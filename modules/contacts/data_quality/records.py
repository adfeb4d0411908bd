"""Reports as stored: what was asked for, and what its job has found."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from modules.contacts.kinds import DATA_QUALITY_REPORT


class DataQualityReport(Record, discriminator="data_quality_report"):
    """One look at everything that its asker sees; ``limited``: that is not all there is."""

    KIND = DATA_QUALITY_REPORT

    owner_id = UnicodeAttribute()
    job_id = UnicodeAttribute()
    fresh_months = NumberAttribute()
    limited = BooleanAttribute()
    result = JsonAttribute(null=True)

    def owner(self) -> str:
        """Who has asked."""
        return str(self.owner_id)
