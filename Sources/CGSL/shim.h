// The parts of the GNU Scientific Library that Statistics uses.
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_errno.h>
