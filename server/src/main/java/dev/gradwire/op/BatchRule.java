package dev.gradwire.op;

import java.util.List;

/** What stands for a call in a batch: its results for all elements at once, each with the batch as first dimension. */
@FunctionalInterface
public interface BatchRule {
    List<Expr> apply(Batching call);
}
