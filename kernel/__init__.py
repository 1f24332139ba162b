"""Words and plumbing shared by the packages: ids, money, time, errors, settings, stores, edges."""
