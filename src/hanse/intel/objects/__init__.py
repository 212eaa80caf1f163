"""STIX objects as they were told: kept byte for byte, looked up, dropped.

`keeping` has the deeds, `own` keeps what Hanse makes itself; `filters` says which
objects somebody asks for and from which part of the store, `pages` answers; `store`
has the SQL. Nothing in here judges an object (`intel.stix` does) or an audience
(`feed.sharing` does): a question always comes with the audiences its asker may see,
and everything, versions too, is computed from rows of these audiences alone.
"""

from hanse.intel.objects.keeping import Kept, NewObject, drop, keep
from hanse.intel.objects.own import OwnObject, keep_own

__all__ = ["Kept", "NewObject", "OwnObject", "drop", "keep", "keep_own"]
