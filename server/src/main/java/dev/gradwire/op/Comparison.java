package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Comparisons and logic, of truth values and of bits. None has a derivative. */
final class Comparison {
    private Comparison() {}

    static List<Declaration> declarations() {
        return List.of(
                comparison("eq", "self = other").complex(),
                comparison("ne", "self ≠ other").complex().alias("not_equal"),
                comparison("lt", "self < other").alias("less"),
                comparison("le", "self ≤ other").alias("less_equal"),
                comparison("gt", "self > other").alias("greater"),
                comparison("ge", "self ≥ other").alias("greater_equal"),
                operator("isnan(Tensor self) -> Tensor")
                        .doc("whether an element is not a number")
                        .complex()
                        .types(Elementwise.test("self"))
                        .decompose(n -> n.self().ne(n.self())),
                operator("isinf(Tensor self) -> Tensor")
                        .doc("whether an element is +∞ or −∞")
                        .complex()
                        .types(Elementwise.test("self"))
                        .decompose(n -> {
                            UnaryOperator<Expr> test = x -> x.abs().eq(Double.POSITIVE_INFINITY);
                            return ofParts(n, Expr::or, self -> ofFloats(self, false, test));
                        }),
                operator("isposinf(Tensor self) -> Tensor")
                        .doc("whether an element is +∞")
                        .types(Elementwise.test("self"))
                        .decompose(n -> ofFloats(n.self(), false, x -> x.eq(Double.POSITIVE_INFINITY))),
                operator("isneginf(Tensor self) -> Tensor")
                        .doc("whether an element is −∞")
                        .types(Elementwise.test("self"))
                        .decompose(n -> ofFloats(n.self(), false, x -> x.eq(Double.NEGATIVE_INFINITY))),
                operator("isfinite(Tensor self) -> Tensor")
                        .doc("whether an element is neither infinite nor NaN")
                        .complex()
                        .types(Elementwise.test("self"))
                        .decompose(n -> {
                            UnaryOperator<Expr> test = x -> x.abs().lt(Double.POSITIVE_INFINITY);
                            return ofParts(n, Expr::and, self -> ofFloats(self, true, test));
                        }),
                operator("isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)"
                                + " -> Tensor")
                        .doc("whether |self − other| ≤ atol + rtol · |other|")
                        .complex()
                        .types(Elementwise.test("self", "other"))
                        .kernel("isclose"),
                logical("logical_and", "self ∧ other; what is not 0 is true"),
                logical("logical_or", "self ∨ other; what is not 0 is true"),
                logical("logical_xor", "either self or other; what is not 0 is true"),
                operator("logical_not(Tensor self) -> Tensor")
                        .doc("¬self; what is not 0 is true")
                        .complex()
                        .types(Elementwise.test("self"))
                        .kernel("logical_not"),
                bitwise("bitwise_and", "the bits that both have", ".Scalar", Elementwise.integral("self", "other")),
                bitwise("bitwise_or", "the bits that one has", ".Scalar", Elementwise.integral("self", "other")),
                bitwise("bitwise_xor", "the bits that just one has", ".Scalar", Elementwise.integral("self", "other")),
                bitwise(
                        "bitwise_left_shift",
                        "self · 2^other",
                        ".Tensor_Scalar",
                        Elementwise.integers("self", "other")),
                bitwise(
                        "bitwise_right_shift",
                        "⌊self / 2^other⌋",
                        ".Tensor_Scalar",
                        Elementwise.integers("self", "other")),
                operator("bitwise_not(Tensor self) -> Tensor")
                        .doc("the bits that self does not have")
                        .types(Elementwise.integral("self"))
                        .kernel("bitwise_not"),
                divisor("gcd", "the greatest common divisor"),
                divisor("lcm", "the least common multiple"));
    }

    private static Declaration comparison(String name, String doc) {
        return operator(name + ".Tensor(Tensor self, Tensor other) -> Tensor")
                .doc(doc)
                .overload(name + ".Scalar(Tensor self, Scalar other) -> Tensor")
                .types(Elementwise.test("self", "other"))
                .kernel(name + ".Tensor");
    }

    private static Declaration logical(String name, String doc) {
        return operator(name + "(Tensor self, Tensor other) -> Tensor")
                .doc(doc)
                .complex()
                .types(Elementwise.test("self", "other"))
                .kernel(name);
    }

    private static Declaration bitwise(String name, String doc, String withNumber, Elementwise types) {
        return operator(name + ".Tensor(Tensor self, Tensor other) -> Tensor")
                .doc(doc)
                .overload(name + withNumber + "(Tensor self, Scalar other) -> Tensor")
                .overload(name + ".Scalar_Tensor(Scalar self, Tensor other) -> Tensor")
                .types(types)
                .kernel(name + ".Tensor");
    }

    private static Declaration divisor(String name, String doc) {
        return operator(name + "(Tensor self, Tensor other) -> Tensor")
                .doc(doc + " of self and other")
                .types(Elementwise.integers("self", "other"))
                .kernel(name);
    }

    /** A test of floating point numbers, which all integers answer alike. */
    private static Expr ofFloats(Expr self, boolean ofIntegers, UnaryOperator<Expr> test) {
        return self.dtype().isFloating()
                ? test.apply(self)
                : self.full(new TensorType(DType.BOOL, self.shape()), ofIntegers ? 1 : 0);
    }

    /** A test of complex numbers by one of their parts. */
    private static Expr ofParts(Args n, BiFunction<Expr, Expr, Expr> joined, UnaryOperator<Expr> test) {
        Expr self = n.self();
        return self.dtype().isComplex()
                ? joined.apply(test.apply(self.real()), test.apply(self.imag()))
                : test.apply(self);
    }
}
