"""The street: plan, frame, design, estimate, inference, findings, results document, files."""
