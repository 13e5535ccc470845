"""What the aggregates say: intervals, quantiles, rankings and risks, each with its n; numpy in, numpy or Arrow out."""
