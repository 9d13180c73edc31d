package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import java.util.List;

/** Functions of the program as operators. */
final class Calls {
    private Calls() {}

    static List<Declaration> declarations() {
        return List.of(operator("call(Function function, Tensor[] operands) -> Tensor[]")
                .doc("function(*operands): its nodes in the call's place")
                .bodies((call, _) -> call.types("operands"))
                .composite(n -> n.inline("function", n.list("operands")))
                .unsampled("it is what its function is"));
    }
}
