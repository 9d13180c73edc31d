package dev.gradwire.cli.conformance;

import dev.gradwire.cli.conformance.Verdict.Status;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a case ended: one verdict for each kind that it has figures for. */
public record CaseResult(String id, Map<Kind, Verdict> verdicts) {
    /** Failed if one kind failed, passed only if all passed. */
    public Status status() {
        for (Status status : new Status[] {Status.FAILED, Status.UNSUPPORTED}) {
            if (verdicts.values().stream().anyMatch(verdict -> verdict.status() == status)) {
                return status;
            }
        }
        return Status.PASSED;
    }

    public double worstError() {
        return verdicts.values().stream().mapToDouble(Verdict::worstError).max().orElse(0);
    }

    /** The first reason for not having passed. */
    public @Nullable String reason() {
        Status status = status();
        for (Verdict verdict : verdicts.values()) {
            if (verdict.status() == status && verdict.reason() != null) {
                return verdict.reason();
            }
        }
        return null;
    }
}
