#pragma once

namespace millrace {

// Functions of DOUBLE to the last bit as Java computes them. Java lays these
// down as the algorithms of fdlibm (java.lang.StrictMath), whose rounding
// differs from the C library's in up to one result of ten; so they are those
// algorithms, with their constants. Arguments outside a domain give NaN.
//
// SQRT needs none of this; SIN, COS, TAN, EXP, LN and POWER are the machine's
// own in Java and are taken from the C library: one result in 400 differs in
// its last bit.
double JavaAsin(double x);
double JavaAcos(double x);
double JavaAtan(double x);
double JavaAtan2(double y, double x);
double JavaSinh(double x);
double JavaCosh(double x);
double JavaTanh(double x);

// Java's is nearly always the correctly rounded value; so is this.
double JavaLog10(double x);

}  // namespace millrace
