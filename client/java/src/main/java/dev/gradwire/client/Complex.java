package dev.gradwire.client;

/**
 * A complex number. It is a {@link Number}, so that operators take it wherever they take one:
 * {@code z.mul(Complex.of(0, 1))}.
 */
public final class Complex extends Number {
    private static final long serialVersionUID = 1;

    private final double real;
    private final double imaginary;

    private Complex(double real, double imaginary) {
        this.real = real;
        this.imaginary = imaginary;
    }

    public static Complex of(double real, double imaginary) {
        return new Complex(real, imaginary);
    }

    public double real() {
        return real;
    }

    public double imaginary() {
        return imaginary;
    }

    /** @throws ArithmeticException when it is not real */
    @Override
    public double doubleValue() {
        if (imaginary != 0) {
            throw new ArithmeticException(this + " is not real");
        }
        return real;
    }

    /** @throws ArithmeticException when it is not real */
    @Override
    public float floatValue() {
        return (float) doubleValue();
    }

    /** @throws ArithmeticException when it is not real */
    @Override
    public long longValue() {
        return (long) doubleValue();
    }

    /** @throws ArithmeticException when it is not real */
    @Override
    public int intValue() {
        return (int) doubleValue();
    }

    /** Equal parts, as {@link Double#equals} compares them. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Complex that
                && Double.compare(real, that.real) == 0
                && Double.compare(imaginary, that.imaginary) == 0;
    }

    @Override
    public int hashCode() {
        return 31 * Double.hashCode(real) + Double.hashCode(imaginary);
    }

    /** As Python prints it: {@code (1.0-2.0j)}. */
    @Override
    public String toString() {
        String sign = Double.compare(imaginary, 0.0) < 0 ? "" : "+";
        return "(" + real + sign + imaginary + "j)";
    }
}
