"""Controls of the laboratory's tests: control runs, control charts, and the rules that read them."""
