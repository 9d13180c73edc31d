package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Declarations of functions of one real number, which differ only in name and derivative. */
final class Unary {
    private Unary() {}

    /**
     * A function with a kernel of its name, for which integers count as floating numbers.
     *
     * @param domain of its samples, e.g. {@code {0.1..4}}; may be empty
     * @param vjp the cotangent of {@code self}, null for zero
     */
    static Declaration function(String name, String doc, String domain, Function<Backward, @Nullable Expr> vjp) {
        return function(name, doc, domain, Elementwise.toFloat("self"), vjp);
    }

    static Declaration function(
            String name, String doc, String domain, Elementwise types, Function<Backward, @Nullable Expr> vjp) {
        return operator(name + "(Tensor self) -> Tensor")
                .doc(doc)
                .gradFn(gradFn(name))
                .types(types)
                .vjp("self", vjp)
                .kernel(name)
                .samples("float64[2, 3]" + domain, "float64[]" + domain, "float64[0, 2]" + domain);
    }

    /**
     * The same for a function that is analytic and whose kernel takes complex numbers.
     *
     * @param vjp {@code grad · conj(f′(self))}
     */
    static Declaration analytic(String name, String doc, String domain, Function<Backward, @Nullable Expr> vjp) {
        return function(name, doc, domain, vjp).complex().samples("complex128[2, 3]" + domain, "complex128[]" + domain);
    }

    /** PyTorch's name: {@code log1p} has {@code Log1PBackward0}. */
    static String gradFn(String name) {
        StringBuilder camel = new StringBuilder();
        boolean upper = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != '_') {
                camel.append(upper ? Character.toUpperCase(c) : c);
            }
            upper = c == '_' || Character.isDigit(c);
        }
        return camel.append("Backward0").toString();
    }
}
