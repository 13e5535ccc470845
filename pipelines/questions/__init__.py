"""Questions that a mart answers, one SQL file each: to be run as they stand, and to be changed."""
