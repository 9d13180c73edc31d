package dev.gradwire.kernel.vector;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A function of {@link FloatMath}, {@link DoubleMath} and {@link ScalarMath}, run over arrays of any length. */
sealed interface MathFunction {
    List<MathFunction> ALL = List.of(
            new Unary("exp", FloatMath::exp, DoubleMath::exp, ScalarMath::exp),
            new Unary("exp2", FloatMath::exp2, DoubleMath::exp2, ScalarMath::exp2),
            new Unary("expm1", FloatMath::expm1, DoubleMath::expm1, ScalarMath::expm1),
            new Unary("log", FloatMath::log, DoubleMath::log, ScalarMath::log),
            new Unary("log2", FloatMath::log2, DoubleMath::log2, ScalarMath::log2),
            new Unary("log10", FloatMath::log10, DoubleMath::log10, ScalarMath::log10),
            new Unary("log1p", FloatMath::log1p, DoubleMath::log1p, ScalarMath::log1p),
            new Unary("sin", FloatMath::sin, DoubleMath::sin, ScalarMath::sin),
            new Unary("cos", FloatMath::cos, DoubleMath::cos, ScalarMath::cos),
            new Unary("tan", FloatMath::tan, DoubleMath::tan, ScalarMath::tan),
            new Unary("asin", FloatMath::asin, DoubleMath::asin, ScalarMath::asin),
            new Unary("acos", FloatMath::acos, DoubleMath::acos, ScalarMath::acos),
            new Unary("atan", FloatMath::atan, DoubleMath::atan, ScalarMath::atan),
            new Unary("sinh", FloatMath::sinh, DoubleMath::sinh, ScalarMath::sinh),
            new Unary("cosh", FloatMath::cosh, DoubleMath::cosh, ScalarMath::cosh),
            new Unary("tanh", FloatMath::tanh, DoubleMath::tanh, ScalarMath::tanh),
            new Unary("asinh", FloatMath::asinh, DoubleMath::asinh, ScalarMath::asinh),
            new Unary("acosh", FloatMath::acosh, DoubleMath::acosh, ScalarMath::acosh),
            new Unary("atanh", FloatMath::atanh, DoubleMath::atanh, ScalarMath::atanh),
            new Unary("sigmoid", FloatMath::sigmoid, DoubleMath::sigmoid, ScalarMath::sigmoid),
            new Unary("erf", FloatMath::erf, DoubleMath::erf, ScalarMath::erf),
            new Unary("erfc", FloatMath::erfc, DoubleMath::erfc, ScalarMath::erfc),
            new Unary("lgamma", FloatMath::lgamma, DoubleMath::lgamma, ScalarMath::lgamma),
            new Unary("digamma", FloatMath::digamma, DoubleMath::digamma, ScalarMath::digamma),
            new Unary("rsqrt", FloatMath::rsqrt, DoubleMath::rsqrt, ScalarMath::rsqrt),
            new Unary("floor", FloatMath::floor, DoubleMath::floor, ScalarMath::floor),
            new Unary("ceil", FloatMath::ceil, DoubleMath::ceil, ScalarMath::ceil),
            new Unary("trunc", FloatMath::trunc, DoubleMath::trunc, ScalarMath::trunc),
            new Unary("rint", FloatMath::rint, DoubleMath::rint, ScalarMath::rint),
            new Unary("sign", FloatMath::sign, DoubleMath::sign, ScalarMath::sign),
            new Binary("pow", FloatMath::pow, DoubleMath::pow, ScalarMath::pow),
            new Binary("atan2", FloatMath::atan2, DoubleMath::atan2, ScalarMath::atan2),
            new Binary("fmod", FloatMath::fmod, DoubleMath::fmod, ScalarMath::fmod),
            new Binary("remainder", FloatMath::remainder, DoubleMath::remainder, ScalarMath::remainder),
            new Binary("maximum", FloatMath::maximum, DoubleMath::maximum, ScalarMath::maximum),
            new Binary("minimum", FloatMath::minimum, DoubleMath::minimum, ScalarMath::minimum));

    String name();

    double scalar(double x, double y);

    float[] run(VectorSpecies<Float> species, float[] x, float[] y);

    double[] run(VectorSpecies<Double> species, double[] x, double[] y);

    static MathFunction named(String name) {
        return ALL.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
    }

    record Unary(String name, UnaryOperator<FloatVector> f, UnaryOperator<DoubleVector> d, DoubleUnaryOperator s)
            implements MathFunction {
        @Override
        public double scalar(double x, double y) {
            return s.applyAsDouble(x);
        }

        @Override
        public float[] run(VectorSpecies<Float> species, float[] x, float[] y) {
            return new Binary(name, (a, b) -> f.apply(a), (a, b) -> d.apply(a), (a, b) -> 0).run(species, x, y);
        }

        @Override
        public double[] run(VectorSpecies<Double> species, double[] x, double[] y) {
            return new Binary(name, (a, b) -> f.apply(a), (a, b) -> d.apply(a), (a, b) -> 0).run(species, x, y);
        }
    }

    record Binary(String name, BinaryOperator<FloatVector> f, BinaryOperator<DoubleVector> d, DoubleBinaryOperator s)
            implements MathFunction {
        @Override
        public double scalar(double x, double y) {
            return s.applyAsDouble(x, y);
        }

        @Override
        public float[] run(VectorSpecies<Float> species, float[] x, float[] y) {
            float[] result = new float[x.length];
            for (int i = 0; i < x.length; i += species.length()) {
                var tail = species.indexInRange(i, x.length);
                FloatVector a = FloatVector.fromArray(species, x, i, tail);
                FloatVector b = FloatVector.fromArray(species, y, i, tail);
                f.apply(a, b).intoArray(result, i, tail);
            }
            return result;
        }

        @Override
        public double[] run(VectorSpecies<Double> species, double[] x, double[] y) {
            double[] result = new double[x.length];
            for (int i = 0; i < x.length; i += species.length()) {
                var tail = species.indexInRange(i, x.length);
                DoubleVector a = DoubleVector.fromArray(species, x, i, tail);
                DoubleVector b = DoubleVector.fromArray(species, y, i, tail);
                d.apply(a, b).intoArray(result, i, tail);
            }
            return result;
        }
    }
}
