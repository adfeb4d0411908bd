"""Why a customer is in a segment, or is not: rule by rule."""
