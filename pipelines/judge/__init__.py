"""Judge: rules over what a batch touched, and the intervals that changed by it. ``pipelines/rules`` says what a rule is and sees."""
