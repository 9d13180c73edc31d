package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.GraphBuilder;
import java.util.List;

/** Operators that make tensors from nothing. */
final class Factories {
    private Factories() {}

    static List<Declaration> declarations() {
        return List.of(operator(GraphBuilder.CONSTANT + "(Data data) -> Tensor")
                .doc("Tensor data that stands in the graph itself")
                .types(one(call -> ((Constant) call.arg("data")).tensor().type())));
    }
}
