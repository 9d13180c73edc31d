package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import java.util.List;

/** Python's reflected operators: what {@code other ∘ self} means where {@code self} is the tensor. */
final class Reflected {
    private Reflected() {}

    static List<Declaration> declarations() {
        return List.of(
                reflected("__rpow__", "pow")
                        .complex()
                        .samples("float64[2, 3], float64[2, 3]{0.5..2}", "complex128[2], complex128[2]"),
                reflected("__rtruediv__", "div")
                        .alias("__rdiv__")
                        .complex()
                        .samples("float64[2, 3]{0.5..2}, float64[3]", "complex128[2], complex128[2]"),
                reflected("__rmatmul__", "matmul")
                        .complex()
                        .samples("float64[3, 2], float64[2, 3]", "complex128[2, 1], complex128[1, 2]"),
                reflected("__rmod__", "remainder").samples("float64[3]{2..2.5}, float64[3]{0.1..1.9}"));
    }

    private static Declaration reflected(String name, String of) {
        return operator(name + "(Tensor self, Tensor other) -> Tensor")
                .doc(of + "(other, self)")
                .composite(n -> List.of(n.arg("other").call(of, n.arg("self"))));
    }
}
